"""What BelgiCom's subscribers use, as their network, its roaming partners and their broadband routers record it."""
