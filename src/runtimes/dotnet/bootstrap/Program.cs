using System;
using System.Globalization;

namespace Lambkin.Runtime
{
    /// <summary>
    /// Entry of the .NET runtime: loads the method that _HANDLER names and serves its invocations until the sandbox
    /// ends. Written in C# 7 against .NET Core 3.1, so that whatever compiler is there can make it for every later one.
    /// </summary>
    public static class Program
    {
        private const int ExitInit = 1;

        public static int Main(string[] arguments)
        {
            if (arguments.Length == 1 && arguments[0] == "culture") return Culture();
            var client = new RuntimeClient(Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") ?? "");
            Logs.SetUp();
            Handler handler;
            try
            {
                CoreLibrary.Connect(client);
                handler = HandlerLoader.Load(Environment.GetEnvironmentVariable("_HANDLER") ?? "");
            }
            catch (Exception error)
            {
                Logs.Report(error);
                client.InitError(new Fault(error));
                return ExitInit;
            }
            while (true) Serve(client, handler, client.Next());
        }

        private static void Serve(RuntimeClient client, Handler handler, Invocation invocation)
        {
            Logs.Begin(invocation);
            var traceId = invocation.Field("lambda-runtime-trace-id");
            Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", traceId);
            CoreLibrary.SetTraceId(traceId);
            try
            {
                var answer = handler.Invoke(invocation);
                if (client.IsStreaming) client.EndStream(null);
                else client.Respond(invocation.RequestId, answer);
            }
            catch (Exception error)
            {
                Logs.Report(error);
                var fault = new Fault(error);
                if (client.IsStreaming) client.EndStream(fault);
                else client.Fail(invocation.RequestId, fault);
            }
        }

        /// <summary>Ends well if the library with the data of cultures is found; .NET ends the process if it isn't.</summary>
        private static int Culture()
        {
            return CultureInfo.GetCultureInfo("de-DE").NumberFormat.NumberDecimalSeparator == "," ? 0 : 1;
        }
    }
}
