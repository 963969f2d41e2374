# The outputs for a directory and for a name. There is nothing else to plan.

variables {
  default = { repository = "oci://registry.example.org/charts", name = "web", version = "1.2.3" }
}

run "default" {
  command = plan

  assert {
    condition     = output.chart == "web" && output.repository == "oci://registry.example.org/charts" && output.version == "1.2.3" && output.description == null
    error_message = "Without variables, the default must be used."
  }
}

run "another_name_elsewhere" {
  command = plan

  variables {
    chart            = "web-two"
    chart_repository = "https://charts.example.org"
    chart_version    = "4.5.6"
  }

  assert {
    condition     = output.chart == "web-two" && output.repository == "https://charts.example.org" && output.version == "4.5.6" && output.description == null
    error_message = "Variables must override the default."
  }
}

run "directory_instead_of_the_default" {
  command = plan

  variables {
    chart            = "./tests/testdata/chart"
    chart_repository = "https://charts.example.org"
    chart_version    = "4.5.6"
  }

  assert {
    condition     = output.chart == "./tests/testdata/chart" && output.repository == null && output.version == null
    error_message = "A directory must have neither repository nor version."
  }

  # ( printf 'Chart.yaml %s\n' "$(sha256sum <Chart.yaml | cut -d' ' -f1)"; printf 'templates/NOTES.txt %s' "$(sha256sum <templates/NOTES.txt | cut -d' ' -f1)" ) | sha256sum | cut -c1-12
  assert {
    condition     = output.description == "chart content ecfe9626036b"
    error_message = "The digest is of the names and contents of all files: with another one, every release of a local chart would be upgraded."
  }
}

run "directory_by_itself" {
  command = plan

  variables {
    default = null
    chart   = "tests/testdata/chart"
  }

  assert {
    condition     = output.chart == "tests/testdata/chart" && output.description == run.directory_instead_of_the_default.description
    error_message = "Without a default a chart is a directory, whatever its path begins with; the digest is of its content alone."
  }
}

run "no_chart" {
  command = plan

  variables {
    default = null
  }

  assert {
    condition     = output.chart == null && output.repository == null && output.version == null && output.description == null
    error_message = "Without a chart, all outputs must be null."
  }
}
