# A cluster that another configuration, or another tool, has made.
data "paas_cluster" "shared" {
  name = "shared"
}

resource "paas_app" "api" {
  cluster = data.paas_cluster.shared.arn
  name    = "api"
  image   = "registry.example.com/shop/api:1.4.2"
  port    = 8080
}

check "support" {
  assert {
    condition     = timecmp(data.paas_cluster.shared.end_of_standard_support, timeadd(timestamp(), "720h")) > 0
    error_message = "Kubernetes ${data.paas_cluster.shared.kubernetes_version} leaves standard support within a month."
  }
}
