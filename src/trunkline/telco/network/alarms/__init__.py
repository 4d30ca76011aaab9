"""Alarms: reports and commands become one alarm each (ITU-T X.733, TMF642)."""
