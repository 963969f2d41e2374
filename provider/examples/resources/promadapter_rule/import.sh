# By name, in the provider's namespace and config map:
terraform import promadapter_rule.heavywork heavywork

# By namespace, config map and name:
terraform import promadapter_rule.heavywork monitoring/adapter-config/heavywork
