using System;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Lambkin.Runtime
{
    /// <summary>
    /// What `ILambdaLogger` and the console write, in the format and from the level on that the function asks for. A
    /// message is one event, whatever lines it has (https://docs.aws.amazon.com/lambda/latest/dg/csharp-logging.html).
    /// </summary>
    public static class Logs
    {
        public const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

        private const uint FrameType = 0xA55A0002;
        private const int HeadBytes = 16;

        /// <summary>Members of `Amazon.Lambda.Core.LogLevel`, by rank, and how text names them.</summary>
        private static readonly string[] Levels = { "Trace", "Debug", "Information", "Warning", "Error", "Critical" };
        private static readonly string[] Labels = { "trce", "dbug", "info", "warn", "fail", "crit" };
        private const int Information = 2;

        private static readonly object Writing = new object();
        private static readonly bool Json = Asked("FORMAT") == "JSON";
        private static readonly bool Unformatted = Asked("FORMAT") == "UNFORMATTED";
        private static readonly int Lowest = LowestLevel();
        private static TextWriter output;
        private static FileStream frames;
        private static Invocation invocation;

        public static void SetUp()
        {
            output = Console.Out;
            var descriptor = Environment.GetEnvironmentVariable("_LAMBDA_TELEMETRY_LOG_FD");
            if (descriptor != null)
            {
                Environment.SetEnvironmentVariable("_LAMBDA_TELEMETRY_LOG_FD", null);
                var handle = new SafeFileHandle(new IntPtr(int.Parse(descriptor, CultureInfo.InvariantCulture)), false);
                frames = new FileStream(handle, FileAccess.Write, 1);
            }
            Console.SetOut(new ConsoleWriter(Console.Out, "Information"));
            Console.SetError(new ConsoleWriter(Console.Error, "Error"));
        }

        public static void Begin(Invocation next)
        {
            invocation = next;
        }

        public static void Report(Exception error)
        {
            Write("Error", error, null, null);
        }

        /// <summary>
        /// Members of `ILambdaLogger`: a message, perhaps after a level and an exception, and values for the names in it.
        /// </summary>
        public static object Answer(MethodInfo method, object[] arguments)
        {
            if (method.Name == "Log" && arguments.Length == 1)
            {
                Console.Write(arguments[0]);
                return null;
            }
            var next = 0;
            var level = "Information";
            if (method.Name.Length > 3 && method.Name != "LogLine") level = method.Name.Substring(3);
            else if (arguments.Length > 1) level = Convert.ToString(arguments[next++], CultureInfo.InvariantCulture);
            var types = method.GetParameters();
            Exception error = null;
            if (next < types.Length && types[next].ParameterType == typeof(Exception)) error = (Exception)arguments[next++];
            var message = next < arguments.Length ? Convert.ToString(arguments[next++], CultureInfo.InvariantCulture) : null;
            Write(level, error, message, next < arguments.Length ? arguments[next] as object[] : null);
            return null;
        }

        /// <summary>Without a level a message is always shown; other words than the levels are shown as they are.</summary>
        public static void Write(string level, Exception error, string message, object[] values)
        {
            var rank = Array.FindIndex(Levels, one => one.Equals(level, StringComparison.OrdinalIgnoreCase));
            if (rank >= 0 && rank < Lowest) return;
            var template = new MessageTemplate(message ?? "", values);
            var text = Json
                ? JsonMessage.Format(rank < 0 ? Levels[Information] : Levels[rank], invocation, template, error)
                : Text(rank < 0 ? level : Labels[rank], template.Filled(), error);
            lock (Writing)
            {
                if (frames == null)
                {
                    output.WriteLine(text);
                    output.Flush();
                }
                else WriteFrame(text, rank + 1);
            }
        }

        private static string Text(string label, string message, Exception error)
        {
            var text = new StringBuilder();
            if (!Unformatted)
            {
                text.Append(Timestamp()).Append('\t').Append(invocation?.RequestId).Append('\t');
                if (!string.IsNullOrEmpty(label)) text.Append(label).Append('\t');
            }
            text.Append(message);
            if (error != null) text.Append(message == "" ? "" : "\n").Append(error);
            return text.ToString();
        }

        public static string Timestamp()
        {
            return DateTime.UtcNow.ToString(TimeFormat, CultureInfo.InvariantCulture);
        }

        private static void WriteFrame(string text, int level)
        {
            var message = Encoding.UTF8.GetBytes(text + "\n");
            var frame = new byte[HeadBytes + message.Length];
            var microseconds = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / 10;
            Big(frame, 0, FrameType | (uint)level << 2 | (Json ? 0u : 1u));
            Big(frame, 4, (uint)message.Length);
            Big(frame, 8, (uint)(microseconds >> 32));
            Big(frame, 12, (uint)microseconds);
            message.CopyTo(frame, HeadBytes);
            frames.Write(frame, 0, frame.Length);
            frames.Flush();
        }

        private static void Big(byte[] bytes, int offset, uint number)
        {
            for (var i = 0; i < 4; i++) bytes[offset + i] = (byte)(number >> (8 * (3 - i)));
        }

        /// <summary>The runtime's own variable counts before Lambda's.</summary>
        private static string Asked(string what)
        {
            var own = Environment.GetEnvironmentVariable("AWS_LAMBDA_HANDLER_LOG_" + what);
            var asked = string.IsNullOrEmpty(own) ? Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_" + what) : own;
            return (asked ?? "").ToUpperInvariant();
        }

        private static int LowestLevel()
        {
            switch (Asked("LEVEL"))
            {
                case "TRACE": return 0;
                case "DEBUG": return 1;
                case "WARN":
                case "WARNING": return 3;
                case "ERROR": return 4;
                case "FATAL":
                case "CRITICAL": return 5;
                default: return Information;
            }
        }
    }
}
