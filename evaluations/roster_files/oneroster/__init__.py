"""OneRoster 1.1 and 1.2 as CSV (1EdTech, OneRoster CSV Tables): the files of a set, and the records in them.

https://www.imsglobal.org/oneroster-v11-final-csv-tables
https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv/

``manifest``    which files there are, whole or as differences    ``people``      users, roles, demographics
``layout``      the columns of each file                          ``classes``     sessions, courses, classes
``sets``        a set's tables, each row once                     ``enrolments``  who is in which class, and teaches it
"""
