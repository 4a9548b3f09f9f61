using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Invoices
{
    public class InvalidOrderException : Exception
    {
        public InvalidOrderException(string message) : base(message) { }
    }

    /// <summary>An order with its amounts, in the currency's units.</summary>
    public class Invoice
    {
        readonly string number;
        readonly List<Line> lines = new List<Line>();
        readonly SortedDictionary<decimal, decimal> netByRate = new SortedDictionary<decimal, decimal>();

        Invoice(string number)
        {
            this.number = number;
        }

        public static Invoice Of(JsonElement order)
        {
            JsonElement number, lines;
            if (!order.TryGetProperty("number", out number) || !order.TryGetProperty("lines", out lines))
                throw new InvalidOrderException("an order has a number and lines");
            Invoice invoice = new Invoice(number.GetString());
            JsonElement discounts;
            bool discounted = order.TryGetProperty("discounts", out discounts);
            foreach (JsonElement line in lines.EnumerateArray())
                invoice.Add(Line.Of(line, discounted ? discounts : default(JsonElement)));
            return invoice;
        }

        void Add(Line line)
        {
            decimal before;
            netByRate.TryGetValue(line.TaxPercent, out before);
            netByRate[line.TaxPercent] = before + line.Net;
            lines.Add(line);
        }

        public void WriteTo(Utf8JsonWriter writer)
        {
            decimal net = 0, tax = 0;
            writer.WriteStartObject();
            writer.WriteString("number", number);
            writer.WriteStartArray("lines");
            foreach (Line line in lines)
            {
                line.WriteTo(writer);
                net += line.Net;
            }
            writer.WriteEndArray();
            writer.WriteStartArray("taxes");
            foreach (KeyValuePair<decimal, decimal> rate in netByRate)
            {
                decimal amount = Cents(rate.Value * rate.Key / 100);
                writer.WriteStartObject();
                writer.WriteNumber("percent", rate.Key);
                writer.WriteNumber("amount", amount);
                writer.WriteEndObject();
                tax += amount;
            }
            writer.WriteEndArray();
            writer.WriteNumber("net", net);
            writer.WriteNumber("total", net + tax);
            writer.WriteEndObject();
        }

        /// <summary>As on paper: half a cent is rounded up.</summary>
        internal static decimal Cents(decimal amount)
        {
            return Math.Round(amount, 2, MidpointRounding.AwayFromZero);
        }
    }

    class Line
    {
        readonly string article;
        readonly int quantity;
        readonly decimal discountPercent;

        public decimal TaxPercent { get; }
        public decimal Net { get; }

        Line(string article, int quantity, decimal price, decimal taxPercent, decimal discountPercent)
        {
            this.article = article;
            this.quantity = quantity;
            this.discountPercent = discountPercent;
            TaxPercent = taxPercent;
            Net = Invoice.Cents(quantity * price * (100 - discountPercent) / 100);
        }

        public static Line Of(JsonElement line, JsonElement discounts)
        {
            int quantity = line.GetProperty("quantity").GetInt32();
            string article = line.GetProperty("article").GetString();
            if (quantity < 1) throw new InvalidOrderException("there is no quantity of " + article);
            decimal discount = 0;
            if (discounts.ValueKind == JsonValueKind.Array)
                foreach (JsonElement step in discounts.EnumerateArray())
                    if (quantity >= step.GetProperty("from").GetInt32())
                        discount = Math.Max(discount, step.GetProperty("percent").GetDecimal());
            return new Line(
                article,
                quantity,
                line.GetProperty("price").GetDecimal(),
                line.GetProperty("taxPercent").GetDecimal(),
                discount);
        }

        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("article", article);
            writer.WriteNumber("quantity", quantity);
            if (discountPercent > 0) writer.WriteNumber("discountPercent", discountPercent);
            writer.WriteNumber("net", Net);
            writer.WriteEndObject();
        }
    }
}
