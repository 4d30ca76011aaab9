"""SNMP: how traps, informs and the tables of active alarms of any vendor are reached. See README.md."""
