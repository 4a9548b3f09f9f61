using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Lambkin.Runtime
{
    /// <summary>
    /// What a function is told of an invocation, as its own version of `ILambdaContext`
    /// (https://docs.aws.amazon.com/lambda/latest/dg/csharp-context.html).
    /// </summary>
    public static class Context
    {
        public static object Create(Type type, Invocation invocation, object serializer)
        {
            var logger = new Lazy<object>(() => Answering.Create(TypeOf(type, "Logger"), Logs.Answer));
            var identity = new Lazy<object>(() => Identity(TypeOf(type, "Identity"), invocation));
            var client = new Lazy<object>(() => Client(TypeOf(type, "ClientContext"), invocation));
            return Answering.Create(type, (method, arguments) =>
            {
                switch (method.Name)
                {
                    case "get_AwsRequestId": return invocation.RequestId;
                    case "get_FunctionName": return Variable("AWS_LAMBDA_FUNCTION_NAME");
                    case "get_FunctionVersion": return Variable("AWS_LAMBDA_FUNCTION_VERSION");
                    case "get_InvokedFunctionArn": return invocation.Field("lambda-runtime-invoked-function-arn");
                    case "get_LogGroupName": return Variable("AWS_LAMBDA_LOG_GROUP_NAME");
                    case "get_LogStreamName": return Variable("AWS_LAMBDA_LOG_STREAM_NAME");
                    case "get_MemoryLimitInMB":
                        return int.Parse(Variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), CultureInfo.InvariantCulture);
                    case "get_RemainingTime": return Remaining(invocation);
                    case "get_TenantId": return invocation.Field("lambda-runtime-aws-tenant-id");
                    case "get_TraceId": return invocation.Field("lambda-runtime-trace-id");
                    case "get_Serializer": return serializer;
                    case "get_Logger": return logger.Value;
                    case "get_Identity": return identity.Value;
                    case "get_ClientContext": return client.Value;
                    default: return null;
                }
            });
        }

        private static TimeSpan Remaining(Invocation invocation)
        {
            var deadline = invocation.Field("lambda-runtime-deadline-ms");
            var milliseconds = long.Parse(deadline ?? "0", CultureInfo.InvariantCulture);
            return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) - DateTimeOffset.UtcNow;
        }

        private static object Identity(Type type, Invocation invocation)
        {
            var document = Parse(invocation.Field("lambda-runtime-cognito-identity"));
            return Answering.Create(type, (method, arguments) =>
            {
                switch (method.Name)
                {
                    case "get_IdentityId": return Text(document, "cognitoIdentityId");
                    case "get_IdentityPoolId": return Text(document, "cognitoIdentityPoolId");
                    default: return null;
                }
            });
        }

        private static object Client(Type type, Invocation invocation)
        {
            var document = Parse(invocation.Field("lambda-runtime-client-context"));
            var custom = Dictionary(Member(document, "custom"));
            var environment = Dictionary(Member(document, "env"));
            var application = Member(document, "client");
            var applicationType = TypeOf(type, "Client");
            return Answering.Create(type, (method, arguments) =>
            {
                switch (method.Name)
                {
                    case "get_Custom": return custom;
                    case "get_Environment": return environment;
                    case "get_Client":
                        return application == null
                            ? null
                            : Answering.Create(applicationType, (member, none) => Application(application, member));
                    default: return null;
                }
            });
        }

        private static object Application(JsonElement? application, MethodInfo member)
        {
            switch (member.Name)
            {
                case "get_AppPackageName": return Text(application, "app_package_name");
                case "get_AppTitle": return Text(application, "app_title");
                case "get_AppVersionCode": return Text(application, "app_version_code");
                case "get_AppVersionName": return Text(application, "app_version_name");
                case "get_InstallationId": return Text(application, "installation_id");
                default: return null;
            }
        }

        private static Type TypeOf(Type type, string property)
        {
            return type.GetProperty(property).PropertyType;
        }

        private static string Variable(string name)
        {
            return Environment.GetEnvironmentVariable(name);
        }

        private static JsonElement? Parse(string json)
        {
            return string.IsNullOrWhiteSpace(json) ? (JsonElement?)null : JsonDocument.Parse(json).RootElement;
        }

        private static JsonElement? Member(JsonElement? document, string name)
        {
            if (document == null || document.Value.ValueKind != JsonValueKind.Object) return null;
            return document.Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
                ? member
                : (JsonElement?)null;
        }

        private static string Text(JsonElement? document, string name)
        {
            return Member(document, name)?.ToString();
        }

        private static IDictionary<string, string> Dictionary(JsonElement? document)
        {
            if (document == null) return null;
            var dictionary = new Dictionary<string, string>();
            foreach (var property in document.Value.EnumerateObject())
                dictionary[property.Name] = property.Value.ToString();
            return dictionary;
        }
    }
}
