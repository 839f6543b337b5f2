"""The files of a school's export, written to a folder piece by piece: none is ever held in memory whole.

``rosters``     people as rows of OneRoster
``gradebooks``  evaluations and scores as rows of OneRoster, and as rows of the Parquet files
``parts``       CSV files as they are written; what a finished file is known by
``gathering``   all files of the school in scope
``archives``    one zip of them, with its manifest
"""
