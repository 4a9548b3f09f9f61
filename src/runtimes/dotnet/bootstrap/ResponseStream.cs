using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Lambkin.Runtime
{
    /// <summary>What `LambdaResponseStreamFactory` makes: an answer that is sent while it is written.</summary>
    public static class ResponseStream
    {
        private const string Raw = "application/octet-stream";
        private const string Http = "application/vnd.awslambda.http-integration-response";
        private const int SeparatorBytes = 8;

        /// <summary>Streams by their prelude, which is empty where the answer is not one of HTTP.</summary>
        public static Func<byte[], T> Factory<T>(RuntimeClient client) where T : class
        {
            return prelude =>
            {
                client.BeginStream(prelude.Length > 0 ? Http : Raw);
                if (prelude.Length > 0)
                {
                    client.Stream(prelude, 0, prelude.Length);
                    client.Stream(new byte[SeparatorBytes], 0, SeparatorBytes);
                }
                var written = 0L;
                return (T)Answering.Create(typeof(T), (method, arguments) =>
                {
                    switch (method.Name)
                    {
                        case "WriteAsync":
                            var count = (int)arguments[2];
                            client.Stream((byte[])arguments[0], (int)arguments[1], count);
                            Interlocked.Add(ref written, count);
                            return Task.CompletedTask;
                        case "get_BytesWritten": return Interlocked.Read(ref written);
                        default: return null;
                    }
                });
            };
        }
    }
}
