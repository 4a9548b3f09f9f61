using System;
using System.Collections;
using System.Collections.Generic;
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
        private static readonly JsonSerializerOptions Options = new JsonSerializerOptions { IgnoreNullValues = true };
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
                foreach (var member in message.Members) Member(writer, member.Key, member.Value);
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

        /// <summary>A list or dictionary by its items, one level deep; bytes count as one value.</summary>
        private static void Member(Utf8JsonWriter writer, MessageSlot slot, object value)
        {
            writer.WritePropertyName(slot.Name);
            if (value is IDictionary dictionary)
            {
                writer.WriteStartObject();
                foreach (DictionaryEntry entry in dictionary)
                {
                    writer.WritePropertyName(entry.Key.ToString());
                    Value(writer, slot, entry.Value);
                }
                writer.WriteEndObject();
            }
            else if (value is IList list && !(value is IList<byte>))
            {
                writer.WriteStartArray();
                foreach (var item in list) Value(writer, slot, item);
                writer.WriteEndArray();
            }
            else Value(writer, slot, value);
        }

        private static void Value(Utf8JsonWriter writer, MessageSlot slot, object value)
        {
            if (value == null) writer.WriteNullValue();
            else if (slot.IsJson) Serialized(writer, value);
            else if (slot.Format != null) writer.WriteStringValue(slot.Formatted(value));
            else if (value is bool) writer.WriteBooleanValue((bool)value);
            else if (value is float) Number(writer, (float)value);
            else if (value is double) Number(writer, (double)value);
            else if (Array.IndexOf(Numbers, value.GetType()) >= 0)
                writer.WriteNumberValue(Convert.ToDecimal(value, Invariant));
            else
                writer.WriteStringValue(
                    MessageSlot.Bytes(value) ?? MessageSlot.Time(value) ?? Convert.ToString(value, Invariant));
        }

        private static void Serialized(Utf8JsonWriter writer, object value)
        {
            string json;
            try
            {
                json = JsonSerializer.Serialize(value, value.GetType(), Options);
            }
            catch (Exception)
            {
                // As AWS's runtime shows what can't be serialized.
                writer.WriteStringValue(value.ToString());
                return;
            }
            using (var document = JsonDocument.Parse(json)) document.RootElement.WriteTo(writer);
        }

        private static void Number(Utf8JsonWriter writer, float number)
        {
            if (float.IsNaN(number) || float.IsInfinity(number)) writer.WriteStringValue(number.ToString(Invariant));
            else writer.WriteNumberValue(number);
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
