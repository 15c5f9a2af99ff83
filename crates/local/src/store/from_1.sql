-- From version 1. Whether a code's mail went is told by its contact alone, runs may be split, and a contact knows her orders.
UPDATE codes SET state = 'claimed' WHERE state = 'sent';
CREATE TABLE parts (
    shop    TEXT NOT NULL,
    run_day TEXT NOT NULL,
    part    TEXT NOT NULL,
    PRIMARY KEY (shop, run_day, part)
) STRICT, WITHOUT ROWID;
UPDATE contacts SET body = json_set(body, '$.orders', json((
    SELECT json_group_array(json_object('shop', told.shop, 'source', told.source, 'number', told.number)) FROM (
        SELECT shop, source, number FROM orders
        WHERE orders.shop = contacts.shop AND orders.contact = contacts.contact ORDER BY id
    ) AS told
)));
DROP INDEX orders_of_contact;
ALTER TABLE orders DROP COLUMN contact;
