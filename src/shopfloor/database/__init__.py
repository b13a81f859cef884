"""The installation's one database: engine, transactions, migrations. Floor 0, under the journal and the shop."""
