# A cluster and what runs on it, in one apply.

resource "paas_cluster" "main" {
  name       = "quickstart"
  subnet_ids = var.subnet_ids

  # Apps of the same apply need to reach the API server from where terraform runs.
  endpoint = { public_cidrs = var.public_cidrs }

  # A trial that is destroyed at the end. Leave it out and the cluster is protected.
  deletion_protection = false
}

# Runs once for each image, before anything of that image serves.
resource "paas_job" "migrate" {
  cluster   = paas_cluster.main.arn
  name      = "migrate"
  namespace = "shop"
  image     = var.image
  command   = ["bin/migrate"]

  run_triggers = { image = var.image }
}

resource "paas_app" "web" {
  cluster   = paas_cluster.main.arn
  name      = "web"
  namespace = "shop"
  image     = var.image
  port      = 8080
  env       = { GREETING = var.greeting }

  depends_on = [paas_job.migrate]
}

resource "paas_app" "worker" {
  cluster   = paas_cluster.main.arn
  name      = "worker"
  namespace = "shop"
  image     = var.image
  command   = ["bin/worker"]
  replicas  = 1
  env       = { WEB_URL = paas_app.web.internal_url }

  resources = { cpu = "100m", memory = "128Mi" }
}
