resource "paas_app" "api" {
  cluster   = paas_cluster.prod.arn
  name      = "api"
  namespace = "shop"
  image     = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-api:1.4.2"
  port      = 8080
  replicas  = 3
  env       = { RAILS_ENV = "production" }

  resources = { cpu = "500m", memory = "1Gi" }
}
