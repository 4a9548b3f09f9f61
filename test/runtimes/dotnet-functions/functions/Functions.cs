using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using Amazon.Lambda.Core;
using Amazon.Lambda.Core.ResponseStreaming;

[assembly: LambdaSerializer(typeof(Example.JsonOfSystem))]

namespace Example
{
    public class Item
    {
        public string Name { get; set; }

        public int Count { get; set; }

        public Dictionary<string, double> Weights { get; set; }
    }

    public class Inherited : Functions
    {
    }

    public class Functions
    {
        private int calls;

        public Item Beans(Item item)
        {
            item.Count++;
            return item;
        }

        public static string Upper(string text) => text.ToUpperInvariant();

        public async Task<int> Later(int[] numbers, ILambdaContext context)
        {
            await Task.Delay(1);
            var sum = 0;
            foreach (var number in numbers) sum += number;
            return sum;
        }

        public async Task Nothing(ILambdaContext context) => await Task.Yield();

        public int Calls() => ++calls;

        public Stream Raw(Stream body)
        {
            var text = "raw " + new StreamReader(body).ReadToEnd();
            return new MemoryStream(Encoding.UTF8.GetBytes(text));
        }

        public Task<Stream> RawLater(Stream body) => Task.FromResult(Raw(body));

        [LambdaSerializer(typeof(Shouting))]
        public string Loud(string text) => text;

        public string Over(string text) => text;

        public string Over(int number) => "number " + number;

        public static string Wrapped() => File.ReadAllText("/tmp/wrapped").Trim() + "|" + AppContext.BaseDirectory;

        public static Dictionary<string, string> Variables()
        {
            var found = new Dictionary<string, string>();
            foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
                found[(string)variable.Key] = (string)variable.Value;
            return found;
        }

        public class Nested
        {
            public string Here() => "nested " + new CultureInfo("de-DE").NumberFormat.NumberDecimalSeparator;
        }

        public Dictionary<string, object> Told(Item item, ILambdaContext context)
        {
            return new Dictionary<string, object>
            {
                ["id"] = context.AwsRequestId,
                ["name"] = context.FunctionName,
                ["version"] = context.FunctionVersion,
                ["arn"] = context.InvokedFunctionArn,
                ["group"] = context.LogGroupName,
                ["stream"] = context.LogStreamName,
                ["memory"] = context.MemoryLimitInMB,
                ["left"] = context.RemainingTime.TotalMilliseconds,
                ["trace"] = context.TraceId + "|" + Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID") + "|" +
                    LambdaTraceProvider.CurrentTraceId,
                ["identity"] = context.Identity.IdentityId,
                ["custom"] = context.ClientContext.Custom,
                ["app"] = context.ClientContext.Client?.AppTitle,
                ["later"] = context.OfALaterVersion,
            };
        }

        public void Logging(ILambdaContext context)
        {
            Console.WriteLine("console {0}", 1);
            Console.Error.WriteLine("problem\nof two lines");
            context.Logger.LogLine("line");
            context.Logger.LogDebug("hidden unless DEBUG");
            context.Logger.Log(LogLevel.Warning, "{count} of {@item}, {missing}", 3, new[] { "a" });
            context.Logger.Log(
                LogLevel.Information,
                "{{as it is}} {bytes} {day:yyyy} {at} {half} {map} {@item} {wrong:Q}",
                new byte[] { 1, 255 },
                new DateTime(2026, 11, 29),
                new DateTimeOffset(2026, 11, 29, 8, 30, 0, TimeSpan.Zero),
                0.1f,
                new Dictionary<string, int> { ["a"] = 1 },
                new Item { Name = "b" },
                7);
            context.Logger.Log(LogLevel.Information, "{1} and {2}", "one", "two");
            context.Logger.LogError(new InvalidOperationException("bad"), "with {0}", "cause");
            LambdaLogger.Log("static");
        }

        public async Task<string> Throws(string kind)
        {
            if (kind == "plain") throw new ArgumentException("not \"this\"");
            if (kind == "text") throw new Exception(" ends \f\u2028\u0001é\ud800 ", new Exception("inner"));
            if (kind == "long") throw new Exception("short", new Exception(new string('x', 300 * 1024)));
            await Task.Yield();
            try
            {
                Deeper();
            }
            catch (Exception error)
            {
                if (kind == "cause") throw new InvalidOperationException("outer", error);
            }
            throw new AggregateException("many", new TimeoutException("one"), new FormatException("two"));
        }

        private static void Deeper() => throw new KeyNotFoundException("inner");

        public async Task Streams(string text)
        {
            var prelude = text == "http" ? Encoding.UTF8.GetBytes("{\"statusCode\":201}") : new byte[0];
            var write = LambdaResponseStreamFactory.Create(prelude);
            await write(Encoding.UTF8.GetBytes("one,"));
            var written = await write(Encoding.UTF8.GetBytes("two,"));
            if (text == "break") throw new IOException("broken");
            await write(Encoding.UTF8.GetBytes(written.ToString(CultureInfo.InvariantCulture)));
        }

        public async void Lost() => await Task.Yield();

        public string Three(string a, string b, string c) => a + b + c;

        public string NoContext(string a, string b) => a + b;

        public string Generic<T>(T a) => a.ToString();

        public string Rest(params string[] all) => string.Concat(all);
    }

    public abstract class Abstract
    {
        public string Handle(string text) => text;
    }

    public static class FailingStatically
    {
        static FailingStatically() => throw new NotSupportedException("never begun");

        public static string Handle(string text) => text;
    }

    public class Failing
    {
        public Failing() => throw new NotSupportedException("never made");

        public string Handle(string text) => text;
    }
}
