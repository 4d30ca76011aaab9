"""Events that arrive: partners subscribe with a callback at `/hub`, and a deliverer posts them what changes.

`subscription.py`, `query.py` and `letter.py` are what is kept; `subscriptions.py` with `routes.py` is where partners
subscribe; `guard.py` judges callbacks. `lane.py` is the way to one subscriber, by `sending.py` and `connection.py`, in
the words of `telling.py`; `deliverer.py` runs the lanes in the role `perform`.
"""
