"""The gateway's plan as Kubernetes manifests: the Gateway API, and the policies of Envoy Gateway. See
docs/gateway-kubernetes.md."""
