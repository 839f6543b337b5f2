"""Files that say who is at a school, read into records: OneRoster 1.1 and 1.2 as CSV, or a simple spreadsheet.

Reading is total: any bytes end in records, or in problems that name file, row and column. A problem never repeats what
stands there, for it may be a child's data; a column of passwords is not read at all.

``archives``   a zip or a folder's files, within bounds      ``tables``     rows with their numbers, by column
``texts``      which encoding                                ``cells``      one value of each kind
``csv_files``, ``workbooks``  bytes -> tables                ``oneroster``, ``sheets``  tables -> records
``reading``    which of these it is
"""
