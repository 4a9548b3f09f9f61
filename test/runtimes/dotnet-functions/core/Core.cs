using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

// The public shape of AWS's library of this name, and the private members that runtimes set, for functions of tests.
namespace Amazon.Lambda.Core
{
    [AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Method)]
    public sealed class LambdaSerializerAttribute : Attribute
    {
        public LambdaSerializerAttribute(Type serializerType)
        {
            SerializerType = serializerType;
        }

        public Type SerializerType { get; set; }
    }

    public interface ILambdaSerializer
    {
        T Deserialize<T>(Stream requestStream);

        void Serialize<T>(T response, Stream responseStream);
    }

    public enum LogLevel
    {
        Trace,
        Debug,
        Information,
        Warning,
        Error,
        Critical,
    }

    public interface ILambdaLogger
    {
        void Log(string message);

        void LogLine(string message);

        void Log(string level, string message);

        void Log(LogLevel level, string message, params object[] args);

        void LogInformation(string message);

        void LogDebug(string message);

        void LogError(Exception exception, string message, params object[] args);
    }

    public interface ICognitoIdentity
    {
        string IdentityId { get; }

        string IdentityPoolId { get; }
    }

    public interface IClientApplication
    {
        string AppTitle { get; }

        string InstallationId { get; }
    }

    public interface IClientContext
    {
        IDictionary<string, string> Environment { get; }

        IClientApplication Client { get; }

        IDictionary<string, string> Custom { get; }
    }

    public interface ILambdaContext
    {
        string AwsRequestId { get; }

        IClientContext ClientContext { get; }

        string FunctionName { get; }

        string FunctionVersion { get; }

        ICognitoIdentity Identity { get; }

        string InvokedFunctionArn { get; }

        ILambdaLogger Logger { get; }

        string LogGroupName { get; }

        string LogStreamName { get; }

        int MemoryLimitInMB { get; }

        TimeSpan RemainingTime { get; }

        string TraceId { get; }

        long OfALaterVersion { get; }
    }

    public class LambdaTraceProvider
    {
        internal static void SetCurrentTraceId(string traceId)
        {
            CurrentTraceId = traceId;
        }

        public static string CurrentTraceId { get; private set; }
    }

    public static class LambdaLogger
    {
        private static Action<string> _loggingAction = Console.WriteLine;

        public static void Log(string message)
        {
            _loggingAction(message);
        }
    }
}

namespace Amazon.Lambda.Core.ResponseStreaming
{
    internal interface ILambdaResponseStream : IDisposable
    {
        Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken = default(CancellationToken));

        long BytesWritten { get; }
    }

    public class LambdaResponseStreamFactory
    {
        private static Func<byte[], ILambdaResponseStream> _streamFactory;

        internal static void SetLambdaResponseStream(Func<byte[], ILambdaResponseStream> streamFactory)
        {
            _streamFactory = streamFactory;
        }

        /// <summary>What of AWS's is a Stream is here what writes to it, and tells how much was written.</summary>
        public static Func<byte[], Task<long>> Create(byte[] prelude)
        {
            var stream = _streamFactory(prelude);
            return async bytes =>
            {
                await stream.WriteAsync(bytes, 0, bytes.Length);
                return stream.BytesWritten;
            };
        }
    }
}
