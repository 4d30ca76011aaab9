"""SCIM 2.0 (RFC 7643, RFC 7644): where the operator's directory says who has come, who changed roles, who has left."""
