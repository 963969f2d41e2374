# The applications of a benchmark: copies of the environment's own, made with the same modules, on the
# same cluster. NGINX tells them apart by host name.

module "app" {
  source   = "../../../../terraform/modules/app"
  for_each = var.apps

  namespace               = "bench-${each.key}"
  image                   = var.app_image
  scrape_interval_seconds = each.value.scrape_interval_seconds
  hostnames               = ["${each.key}.bench.example.org"]
  gateway_name            = var.gateway_name
  gateway_namespace       = var.gateway_namespace
}

module "autoscaler" {
  source   = "../../../../terraform/modules/autoscaler"
  for_each = { for name, app in var.apps : name => app if app.rate_window_seconds > 0 }

  namespace            = module.app[each.key].namespace
  deployment           = module.app[each.key].deployment
  counter              = module.app[each.key].counter
  metric               = "bench_${replace(each.key, "-", "_")}_per_second"
  target_average_value = 10
  max_replicas         = 5

  scrape_interval_seconds          = each.value.scrape_interval_seconds
  rate_window_seconds              = each.value.rate_window_seconds
  scale_down_stabilization_seconds = each.value.scale_down_stabilization_seconds
}
