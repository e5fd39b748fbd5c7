# Runs every morning.
resource "paas_job" "report" {
  cluster   = paas_cluster.prod.arn
  name      = "daily-report"
  namespace = "shop"
  image     = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-api:1.4.2"
  command   = ["bin/rails", "report:daily"]

  schedule  = "0 6 * * *"
  time_zone = "America/Bogota"
}

# Runs once for each image, and apps that depend on it wait.
resource "paas_job" "migrate" {
  cluster   = paas_cluster.prod.arn
  name      = "migrate"
  namespace = "shop"
  image     = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-api:1.4.2"
  command   = ["bin/rails", "db:migrate"]

  run_triggers    = { image = "1.4.2" }
  timeout_seconds = 900
}
