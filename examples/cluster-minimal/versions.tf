terraform {
  required_version = ">= 1.11"

  required_providers {
    paas = {
      source = "terraform-paas/paas"
    }
  }
}
