"""Everything pxhelm remembers: records, their ports, and one adapter per database.

Plain SQL, no object mapper; the records never know which database holds them.
"""
