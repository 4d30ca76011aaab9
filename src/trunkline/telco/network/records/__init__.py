"""The live network as records of TM Forum: alarms (TMF642), resources (TMF639), performance (TMF628).

The log's topics are followed into the store's documents; what is asked of alarms goes back to the log as commands.
"""
