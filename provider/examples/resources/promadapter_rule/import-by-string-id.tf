import {
  to = promadapter_rule.orders
  id = "orders"
}
