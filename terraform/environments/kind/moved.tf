# States from before module scaling contained these modules have the old addresses.

moved {
  from = module.app
  to   = module.scaling.module.app
}

moved {
  from = module.adapter
  to   = module.scaling.module.adapter
}

moved {
  from = module.autoscaler
  to   = module.scaling.module.autoscaler
}

moved {
  from = module.alerts
  to   = module.scaling.module.alerts[0]
}
