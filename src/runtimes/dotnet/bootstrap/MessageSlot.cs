using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Lambkin.Runtime
{
    /// <summary>A name in braces of a message, `{name}`, `{name:format}` or `{@name}`, whose place a value takes.</summary>
    public sealed class MessageSlot
    {
        private const char AsJson = '@';
        private const int MaxShownBytes = 16;

        /// <summary>By name, since some of these types are younger than the .NET that this is compiled against.</summary>
        private static readonly Dictionary<string, string> Times = new Dictionary<string, string>
        {
            ["System.DateTime"] = Logs.TimeFormat,
            ["System.DateTimeOffset"] = Logs.TimeFormat,
            ["System.DateOnly"] = "yyyy-MM-dd",
            ["System.TimeOnly"] = "HH:mm:ss.fff",
        };

        private readonly string token;

        public MessageSlot(string text, int start, int end, int index)
        {
            Start = start;
            End = end;
            Index = index;
            token = text.Substring(start, end - start);
            var content = token.Substring(1, token.Length - 2);
            IsJson = content[0] == AsJson;
            var name = IsJson ? content.Substring(1) : content;
            var colon = name.IndexOf(':');
            var format = colon < 0 ? "" : name.Substring(colon + 1).Trim();
            Format = format == "" ? null : format;
            Name = (colon < 0 ? name : name.Substring(0, colon)).Trim();
        }

        public string Name { get; }

        public string Format { get; }

        public bool IsJson { get; }

        public int Start { get; }

        public int End { get; }

        /// <summary>Which of the values takes the place.</summary>
        public int Index { get; set; }

        /// <summary>A value as text; the slot as it stands for nothing and for collections, which only JSON shows.</summary>
        public string Shown(object value)
        {
            var bytes = Bytes(value);
            if (bytes != null) return bytes;
            if (value == null || value is IList || value is IDictionary) return token;
            return Formatted(value) ?? Time(value) ?? value.ToString();
        }

        /// <summary>As the slot's format says; null if it has none. A format that is wrong for the value is none.</summary>
        public string Formatted(object value)
        {
            if (Format == null) return null;
            try
            {
                return string.Format("{0:" + Format + "}", value);
            }
            catch (FormatException)
            {
                return value.ToString();
            }
        }

        /// <summary>A date or time, null if it is none.</summary>
        public static string Time(object value)
        {
            return value is IFormattable time && Times.TryGetValue(value.GetType().FullName, out var format)
                ? time.ToString(format, CultureInfo.InvariantCulture)
                : null;
        }

        /// <summary>The first bytes of an array as hexadecimal digits, null if it is none.</summary>
        public static string Bytes(object value)
        {
            byte[] bytes;
            if (value is ReadOnlyMemory<byte>) bytes = ((ReadOnlyMemory<byte>)value).ToArray();
            else if (value is Memory<byte>) bytes = ((Memory<byte>)value).ToArray();
            else bytes = value as byte[];
            if (bytes == null) return null;
            var text = new StringBuilder();
            for (var i = 0; i < bytes.Length && i < MaxShownBytes; i++)
                text.Append(bytes[i].ToString("X2", CultureInfo.InvariantCulture));
            return bytes.Length > MaxShownBytes ? text + "... (" + bytes.Length + " bytes)" : text.ToString();
        }
    }
}
