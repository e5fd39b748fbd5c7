terraform import paas_app.api arn:aws:eks:eu-west-1:111122223333:cluster/prod/shop/api
