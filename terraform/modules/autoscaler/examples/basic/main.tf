# Your own Deployment, scaled on your own counter.

module "autoscaler" {
  source = "../.."

  namespace               = "shop"
  deployment              = "checkout"
  counter                 = "checkout_orders_total"
  metric                  = "checkout_orders_per_second"
  target_average_value    = 25
  scrape_interval_seconds = 2
}
