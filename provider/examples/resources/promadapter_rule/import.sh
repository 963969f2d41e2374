# By name, in the provider's namespace and config map:
terraform import promadapter_rule.orders orders

# By namespace, config map and name:
terraform import promadapter_rule.orders monitoring/adapter-config/orders
