"""Serves moto on a loopback port that the system chooses; prints the port; ends when its standard input does.

The parent holds the other end of that input, so that no crash of the parent leaves this process behind.
"""

import copy
import importlib
import json
import os
import sys
import threading

import botocore.loaders
import moto.iam.models as iam
import moto.utilities.utils as utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


class QuietHandler(MotoRequestHandler):
    """Connections stay open: one for each request would fill the kernel's tables. The gateway logs; a second log would only cost time."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_arguments):
        pass


def share_managed_policies():
    """Parses AWS's 1,600 managed policies once, not once per account: 110 ms and 5 MB become 7 ms and 0.7 MB."""
    templates = []
    lock = threading.Lock()

    def load(self):
        with lock:
            if not templates:
                parsed = json.loads(iam.aws_managed_policies_data)
                templates.extend(
                    iam.AWSManagedPolicy.from_data(name, self.account_id, self.region_name, policy)
                    for name, policy in parsed.items()
                )
        policies = []
        for template in templates:
            policy = copy.copy(template)
            policy.account_id, policy.partition = self.account_id, self.partition
            policies.append(policy)
        return policies

    iam.IAMBackend._init_aws_policies = load


def let_any_tag_key_match():
    """The values of a filter are alternatives in AWS; of volumes and some others moto wants every key of a `tag-key`."""
    utils = importlib.import_module("moto.ec2.utils")
    by_value = utils.is_filter_matching

    def matching(thing, name, values):
        if name in ("tag-key", "tag-value"):
            return utils.tag_filter_matches(thing, name, values)
        return by_value(thing, name, values)

    utils.is_filter_matching = matching


def serve_audiences():
    """Lets the audiences of an OpenID Connect provider change, of which moto knows those of its creation alone. To add one that is
    there, or to remove one that is not, is no error."""
    responses = importlib.import_module("moto.iam.responses")
    empty = importlib.import_module("moto.core.responses").EmptyResult

    def change(self, edit):
        provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        audience = self._get_param("ClientID")
        provider.client_id_list = edit([one for one in provider.client_id_list if one != audience], audience)
        return empty()

    def add(self):
        return change(self, lambda others, audience: [*others, audience])

    def remove(self):
        return change(self, lambda others, audience: others)

    responses.IamResponse.add_client_id_to_open_id_connect_provider = add
    responses.IamResponse.remove_client_id_from_open_id_connect_provider = remove


class Offerings(dict):
    """By region, which instance types are offered there: each region is read when it is first asked for. All of them are a million
    objects, 80 MB and most of a second of every start."""

    def __init__(self, location_type, load):
        super().__init__()
        self.location_type, self.load = location_type, load

    def __missing__(self, region):
        try:
            offers = self.load(f"ec2/resources/instance_type_offerings/{self.location_type}/{region}.json")
        except FileNotFoundError:
            offers = []
        for offer in offers:
            offer["LocationType"] = self.location_type
        self[region] = offers
        return offers

    def get(self, region, _default=None):
        return self[region]


def defer_offerings():
    """Imports EC2 without its instance type offerings."""
    load = utils.load_resource
    utils.load_resource = lambda resource: [] if "/instance_type_offerings/" in resource else load(resource)
    try:
        types = importlib.import_module("moto.ec2.models.instance_types")
    finally:
        utils.load_resource = load
    types.load_resource = load
    for location_type in types.INSTANCE_TYPE_OFFERINGS:
        types.INSTANCE_TYPE_OFFERINGS[location_type] = Offerings(location_type, load)


def forget_documentation():
    """Reads botocore's models, by which moto reads requests, without their prose: it is most of EC2's, and 20 MB."""

    def without(pairs):
        return {key: value for key, value in pairs if not (key == "documentation" and isinstance(value, str))}

    botocore.loaders.OrderedDict = without


def one_at_a_time(application):
    """Answers one request after the other: moto's objects know no threads, and two roles made at once are an error 500 now and then."""
    lock = threading.Lock()

    def answer(environ, start_response):
        with lock:
            return list(application(environ, start_response))

    return answer


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    share_managed_policies()
    forget_documentation()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, one_at_a_time(application), threaded=True, request_handler=QuietHandler)
    threading.Thread(target=end_with_parent, daemon=True).start()
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # What nearly every caller needs, imported before the first asks: EC2 alone takes half a second.
    defer_offerings()
    for service in ["sts", "ec2", "logs", "kms"]:
        importlib.import_module(f"moto.{service}.responses")
    let_any_tag_key_match()
    serve_audiences()
    threading.Event().wait()


main()
