"""What Fanfold relies on of the emulator's own services, with IAM enforced."""

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def api(emulator, outputs):
    return f"{emulator.endpoint}/_aws/execute-api/{outputs['ApiId']}/%24default"


@pytest.fixture
def table(emulator, outputs):
    return emulator.client("dynamodb"), outputs["Table"]


def call(url, body=None, **headers):
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def assume(emulator, role, **narrowed):
    session = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="test", **narrowed)
    return {
        "aws_access_key_id": session["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": session["Credentials"]["SecretAccessKey"],
        "aws_session_token": session["Credentials"]["SessionToken"],
    }


def item(sk, **attributes):
    return {"pk": {"S": "p"}, "sk": {"S": sk}} | attributes


def test_a_wrong_condition_is_refused_each_time_and_a_right_one_is_tried_on_every_item(table):
    client, name = table
    for sk in ("many-1", "many-2", "many-3"):
        client.put_item(TableName=name, Item=item(sk, even={"BOOL": sk == "many-2"}))

    def keys(condition):
        found = client.query(
            TableName=name,
            KeyConditionExpression="pk = :p AND begins_with(sk, :many)",
            FilterExpression=condition,
            ExpressionAttributeValues={
                ":p": {"S": "p"},
                ":many": {"S": "many"},
                ":t": {"BOOL": True},
            },
        )
        return [found_item["sk"]["S"] for found_item in found["Items"]]

    for _ in range(2):
        with pytest.raises(ClientError, match="Syntax error"):
            keys("even = = :t")
        assert keys("even = :t") == ["many-2"]
        assert keys("even <> :t") == ["many-1", "many-3"]


def test_a_route_behind_the_authorizer_knows_its_caller(api):
    answer = call(f"{api}/v1/things/a%20b", b"{}", Authorization="Bearer good")
    assert answer["version"] == "2.0"
    assert answer["route"] == "POST /v1/things/{thing}"
    assert answer["parameters"] == {"thing": "a b"}
    assert answer["authorizer"] == {"calls": "one"}


def test_the_authorizer_refuses_a_wrong_and_a_missing_token(api):
    for headers, status in (({"Authorization": "Bearer bad"}, 403), ({}, 401)):
        with pytest.raises(HTTPError) as refusal:
            call(f"{api}/v1/things/a", b"{}", **headers)
        assert refusal.value.code == status
        refusal.value.close()


def test_functions_run_on_node_24_with_their_roles_credentials(api, emulator):
    answer = call(f"{api}/v1/open")
    assert answer["node"].startswith("v24.")
    assert answer["endpoint"] == emulator.endpoint
    assert answer["key"].startswith("ASIA")


def test_one_function_serves_calls_side_by_side_on_a_few_processes(api):
    with ThreadPoolExecutor(8) as threads:
        pids = list(threads.map(lambda _: call(f"{api}/v1/slow"), range(8)))
    assert 1 < len(set(pids)) <= 4


def test_a_role_may_do_only_what_it_was_granted(emulator, outputs):
    functions = emulator.client("lambda")
    granted = functions.invoke(FunctionName=outputs["Keep"], Payload=json.dumps({"id": "granted"}))
    assert json.load(granted["Payload"])["status"] == 200
    refused = json.load(functions.invoke(FunctionName=outputs["Scan"], Payload="{}")["Payload"])
    assert "AccessDenied" in refused["body"]


@pytest.fixture
def worker_s3(emulator, outputs):
    """S3 as a worker sees it: a role's credentials, narrowed to one prefix by a session policy."""
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{outputs['Bucket']}/mine/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return emulator.client("s3", **assume(emulator, outputs["StorageRole"], Policy=policy))


def test_a_session_policy_keeps_credentials_to_their_prefix(worker_s3, outputs):
    worker_s3.put_object(Bucket=outputs["Bucket"], Key="mine/a", Body=b"1")
    with pytest.raises(ClientError, match="AccessDenied"):
        worker_s3.put_object(Bucket=outputs["Bucket"], Key="others/a", Body=b"1")


def test_batch_too_asks_for_a_grant(emulator, outputs):
    batch = emulator.client("batch", **assume(emulator, outputs["StorageRole"]))
    with pytest.raises(ClientError, match="AccessDenied"):
        batch.list_jobs(jobQueue=outputs["Queue"])


def test_presigned_urls_upload_and_download_one_object(worker_s3, outputs):
    named = {"Bucket": outputs["Bucket"], "Key": "mine/signed"}
    put = worker_s3.generate_presigned_url("put_object", Params=named)
    request = urllib.request.Request(put, data=b"bytes", method="PUT")
    urllib.request.urlopen(request).close()
    get = worker_s3.generate_presigned_url("get_object", Params=named)
    with urllib.request.urlopen(get) as answer:
        assert answer.read() == b"bytes"
    with pytest.raises(HTTPError) as refusal:
        urllib.request.urlopen(get.replace("mine/signed", "mine/other"))
    assert refusal.value.code == 403
    refusal.value.close()


def test_a_copied_object_keeps_size_and_checksum(emulator, outputs):
    s3, bucket = emulator.client("s3"), outputs["Bucket"]
    s3.put_object(Bucket=bucket, Key="from", Body=b"12345", ChecksumAlgorithm="SHA256")
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    heads = [
        s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED") for key in ("from", "to")
    ]
    for field in ("ContentLength", "ETag", "ChecksumSHA256"):
        assert heads[0][field] == heads[1][field]


def test_a_transaction_is_all_or_nothing(table):
    dynamodb, name = table
    puts = [
        {
            "Put": {
                "TableName": name,
                "Item": item(sk),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        for sk in ("tx-1", "tx-2")
    ]
    dynamodb.put_item(TableName=name, Item=item("tx-2"))
    with pytest.raises(ClientError) as refusal:
        dynamodb.transact_write_items(TransactItems=puts)
    codes = [reason["Code"] for reason in refusal.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert "Item" not in dynamodb.get_item(TableName=name, Key=item("tx-1"))


def test_a_repeated_transaction_with_its_token_has_one_effect(table):
    dynamodb, name = table
    add = {
        "TableName": name,
        "Key": item("counted"),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken="once")
    assert dynamodb.get_item(TableName=name, Key=item("counted"))["Item"]["n"] == {"N": "1"}


def test_a_sparse_index_holds_what_has_its_key(table):
    dynamodb, name = table
    dynamodb.put_item(TableName=name, Item=item("op-1", activePk={"S": "active"}))
    dynamodb.put_item(TableName=name, Item=item("op-2"))
    found = dynamodb.query(
        TableName=name,
        IndexName="active",
        KeyConditionExpression="activePk = :a",
        ExpressionAttributeValues={":a": {"S": "active"}},
    )
    assert [one["sk"]["S"] for one in found["Items"]] == ["op-1"]


def test_a_grant_bound_to_partitions_holds_for_those_alone(emulator, table):
    _, name = table
    iam = emulator.client("iam")
    iam.create_user(UserName="counter")
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"],
        "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CALLS#*"]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="counter", PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName="counter")["AccessKey"]
    dynamodb = emulator.client(
        "dynamodb",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    own = {"pk": {"S": "CALLS#ada"}, "sk": {"S": "CALLS"}}
    dynamodb.put_item(TableName=name, Item=own)
    for refused in (
        lambda: dynamodb.put_item(TableName=name, Item=item("foreign")),
        lambda: dynamodb.update_item(TableName=name, Key=item("foreign")),
        lambda: dynamodb.get_item(TableName=name, Key=own),
    ):
        with pytest.raises(ClientError) as refusal:
            refused()
        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
