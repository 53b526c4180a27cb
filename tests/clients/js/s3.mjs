// The AWS SDK for JavaScript's S3 client against the cloud that the environment names. Prints one JSON object.
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  waitUntilObjectExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const s3 = new S3Client({ forcePathStyle: true });
const Bucket = process.env.BUCKET;
const sha = (data) => createHash("sha256").update(data).digest("hex");

await s3.send(new CreateBucketCommand({ Bucket }));
const put = await s3.send(new PutObjectCommand({ Bucket, Key: "a b/ü+&.txt", Body: "hello", Metadata: { team: "blue" } }));
await waitUntilObjectExists({ client: s3, maxWaitTime: 10 }, { Bucket, Key: "a b/ü+&.txt" });
const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a b/ü+&.txt", ChecksumMode: "ENABLED" }));

// A stream of unknown length is sent in chunks with the checksum behind it, in parts of 5 MiB.
const data = randomBytes(11 * 1024 * 1024);
const pieces = function* () {
  for (let at = 0; at < data.length; at += 100_000) yield data.subarray(at, at + 100_000);
};
const upload = new Upload({ client: s3, params: { Bucket, Key: "large", Body: Readable.from(pieces()) } });
await upload.done();
const large = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
const largeBytes = await large.Body.transformToByteArray();
const part = await s3.send(new GetObjectCommand({ Bucket, Key: "large", Range: "bytes=5-9" }));
const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "large" }));
await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURI(`${Bucket}/large`) }));

const keys = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
  keys.push(...page.Contents.map((each) => each.Key));
}
let refused = "";
try {
  await s3.send(new GetObjectCommand({ Bucket, Key: "nothing" }));
} catch (error) {
  refused = error.name;
}
const removed = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
console.log(
  JSON.stringify({
    text: await got.Body.transformToString(),
    metadata: got.Metadata,
    checksum: put.ChecksumCRC32 === got.ChecksumCRC32 && Boolean(got.ChecksumCRC32),
    same: sha(largeBytes) === sha(data),
    range: Buffer.from(await part.Body.transformToByteArray()).equals(data.subarray(5, 10)),
    parts: head.ETag.replaceAll('"', "").split("-")[1],
    keys,
    refused,
    removed: removed.Deleted.length,
  }),
);
