"""Charging in real time: a 5G core's requests (TS 32.291, Nchf_ConvergedCharging) go through the log, as all else.

`converged_charging.py` puts it together: `application.py` speaks HTTP, `messages.py` holds what is spoken,
`charging_request.py` and `charging_response.py` translate, `session.py` is what a ChargingDataRef says, `directory.py`
knows who pays for a number, and `exchange.py` hands each request to the log and waits for its answer.
"""
