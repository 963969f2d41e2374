data "promadapter_rules" "all" {}

# Rules that somebody wrote by hand, and which metric each of them makes.
output "written_by_hand" {
  value = [for r in data.promadapter_rules.all.rules : r.metric if !r.managed]
}
