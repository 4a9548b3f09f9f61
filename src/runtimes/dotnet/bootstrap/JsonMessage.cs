using System;
using System.Collections;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Lambkin.Runtime
{
    /// <summary>A message of the log as a JSON document.</summary>
    public static class JsonMessage
    {
        private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
        private static readonly Type[] Numbers =
        {
            typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
            typeof(ulong), typeof(decimal),
        };

        public static string Format(string level, Invocation invocation, MessageTemplate message, Exception error)
        {
            var bytes = new MemoryStream();
            using (var writer = new Utf8JsonWriter(bytes))
            {
                writer.WriteStartObject();
                writer.WriteString("timestamp", Logs.Timestamp());
                writer.WriteString("level", level);
                Optional(writer, "requestId", invocation?.RequestId);
                Optional(writer, "traceId", invocation?.Field("lambda-runtime-trace-id"));
                Optional(writer, "tenantId", invocation?.Field("lambda-runtime-aws-tenant-id"));
                writer.WriteString("message", message.Filled());
                foreach (var member in message.Members)
                {
                    writer.WritePropertyName(member.Key);
                    Value(writer, member.Value);
                }
                if (error != null) Error(writer, error);
                writer.WriteEndObject();
            }
            return Encoding.UTF8.GetString(bytes.ToArray());
        }

        private static void Optional(Utf8JsonWriter writer, string name, string value)
        {
            if (!string.IsNullOrEmpty(value)) writer.WriteString(name, value);
        }

        private static void Error(Utf8JsonWriter writer, Exception error)
        {
            writer.WriteString("errorType", error.GetType().FullName);
            writer.WriteString("errorMessage", error.Message);
            writer.WriteStartArray("stackTrace");
            foreach (var line in error.ToString().Split('\n')) writer.WriteStringValue(line.Trim());
            writer.WriteEndArray();
        }

        private static void Value(Utf8JsonWriter writer, object value)
        {
            if (value is JsonElement) ((JsonElement)value).WriteTo(writer);
            else if (value is bool) writer.WriteBooleanValue((bool)value);
            else if (value is double || value is float) Number(writer, Convert.ToDouble(value, Invariant));
            else if (Array.IndexOf(Numbers, value?.GetType()) >= 0)
                writer.WriteNumberValue(Convert.ToDecimal(value, Invariant));
            else if (value is DateTime) writer.WriteStringValue(((DateTime)value).ToString(Logs.TimeFormat, Invariant));
            else if (value is IDictionary) Dictionary(writer, (IDictionary)value);
            else if (value is IList) List(writer, (IList)value);
            else if (value == null) writer.WriteNullValue();
            else writer.WriteStringValue(Convert.ToString(value, Invariant));
        }

        private static void Dictionary(Utf8JsonWriter writer, IDictionary dictionary)
        {
            writer.WriteStartObject();
            foreach (DictionaryEntry entry in dictionary)
            {
                writer.WritePropertyName(Convert.ToString(entry.Key, Invariant));
                Value(writer, entry.Value);
            }
            writer.WriteEndObject();
        }

        private static void List(Utf8JsonWriter writer, IList list)
        {
            writer.WriteStartArray();
            foreach (var item in list) Value(writer, item);
            writer.WriteEndArray();
        }

        /// <summary>JSON has no word for what is no number.</summary>
        private static void Number(Utf8JsonWriter writer, double number)
        {
            if (double.IsNaN(number) || double.IsInfinity(number))
                writer.WriteStringValue(number.ToString(Invariant));
            else writer.WriteNumberValue(number);
        }
    }
}
