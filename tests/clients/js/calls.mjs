// The AWS SDK for JavaScript against the cloud that the environment names. Prints one JSON object.
import { CreateUserCommand, GetUserCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const iam = new IAMClient({});
const sts = new STSClient({});

const caller = await sts.send(new GetCallerIdentityCommand({}));
const made = await iam.send(new CreateUserCommand({ UserName: "from-javascript", Path: "/sdk/" }));
const users = await iam.send(new ListUsersCommand({ PathPrefix: "/sdk/" }));
let refused = "";
try {
  await iam.send(new GetUserCommand({ UserName: "nobody" }));
} catch (error) {
  refused = error.name;
}
console.log(
  JSON.stringify({
    arn: caller.Arn,
    account: caller.Account,
    userArn: made.User.Arn,
    createDate: made.User.CreateDate.toISOString(),
    users: users.Users.map((user) => user.UserName),
    refused,
  }),
);
