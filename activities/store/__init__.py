"""The app database, which is the record of everything: tables, transactions, a module of queries per noun."""
