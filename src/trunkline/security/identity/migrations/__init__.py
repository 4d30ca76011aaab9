"""Steps of the identity provider's tables."""
