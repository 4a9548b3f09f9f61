PRAGMA user_version = 1;
CREATE TABLE document (
      rev INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      value TEXT NOT NULL
    );
CREATE TABLE timer (
      arming INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      payload TEXT NOT NULL
    );
CREATE TABLE lease (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "document" ("rev", "key", "value") VALUES (1, '000000000000/-/iam/role/kept', '{"name":"kept","path":"/","id":"AROAE4DN6QZMBKPZ2IYB5","arn":"arn:aws:iam::000000000000:role/kept","createdAt":1795433967745,"trustPolicy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}","maxSessionSeconds":3600,"tags":{},"inlinePolicies":{},"attachedPolicies":[]}');
INSERT INTO "document" ("rev", "key", "value") VALUES (3, '000000000000/us-east-1/lambda/function/kept', '{"format":1,"name":"kept","incarnation":"d9a94ef5-ade0-4e64-8708-389f926624dc","latest":{"code":{"sha256":"873ace24b5ba0a36bbd8ed29ec7204818753396218491684bda68b0e55b8ae42","sizeBytes":184},"settings":{"runtime":"nodejs24.x","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:a84e093e9f32d86576657f53d1c44b3e7684e24a05809541baed321e5e6c0d2e","handler":"index.handler","roleArn":"arn:aws:iam::000000000000:role/any","description":"","timeoutSeconds":3,"memoryMiB":128,"ephemeralStorageMiB":512,"architecture":"x86_64","tracingMode":"PassThrough","snapStart":"None","logging":{"format":"Text","group":"/aws/lambda/kept"},"environment":{"WORD":"kept"}},"generation":"c8b8900e-477c-4165-ade4-c71a73b42adb","revisionId":"354a29f0-0bce-452a-a7a4-d580657ce306","lastModified":1795433967772,"state":"Active","update":"Successful"},"nextVersion":1,"versions":{},"policies":{},"tags":{},"sequence":2}');
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('document', 3);
CREATE INDEX timer_by_time ON timer (at, key);
