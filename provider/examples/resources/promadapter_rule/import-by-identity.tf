import {
  to = promadapter_rule.orders
  identity = {
    name = "orders"
  }
}
