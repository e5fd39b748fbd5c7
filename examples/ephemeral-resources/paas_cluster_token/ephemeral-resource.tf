ephemeral "paas_cluster_token" "prod" {
  cluster = paas_cluster.prod.arn
}

provider "kubernetes" {
  host                   = paas_cluster.prod.api_endpoint
  cluster_ca_certificate = base64decode(paas_cluster.prod.certificate_authority_data)
  token                  = ephemeral.paas_cluster_token.prod.token
}
