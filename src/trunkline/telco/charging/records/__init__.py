"""What charging tells, as records of TM Forum: usage (TMF635), balances (654), bills (678), messages (681).

The log's topics are followed into the store's documents; what is asked of a bucket goes back to the log as a command.
"""
