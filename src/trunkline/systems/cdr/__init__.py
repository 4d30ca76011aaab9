"""Call detail records of 3GPP networks (TS 32.298) in the files that charging gateways write (TS 32.297)."""
