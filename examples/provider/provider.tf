provider "paas" {
  region = "eu-west-1"

  # Tags of everything that this configuration makes on AWS.
  default_tags = { team = "platform" }

  # A run with other credentials stops before it touches anything.
  allowed_account_ids = ["111122223333"]
}
