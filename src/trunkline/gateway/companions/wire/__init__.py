"""What Envoy and its companions say to each other. The `_pb2` modules are generated from the `.proto` files beside them:

    python -m grpc_tools.protoc -I src --python_out=src --pyi_out=src src/trunkline/gateway/companions/wire/*.proto

The `.proto` files have only the messages and fields that we use. Names of messages are ours; numbers and types of fields
are Envoy's, and alone go over the wire.
"""
