terraform import paas_cluster.prod prod
# In another region than the provider's:
terraform import paas_cluster.prod prod@eu-west-1
