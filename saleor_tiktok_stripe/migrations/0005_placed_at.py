import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def fill_in(apps, schema_editor):
    """Orders that were imported before it was kept: when they were heard of comes nearest."""
    rows = apps.get_model("saleor_tiktok_stripe", "OrderLink").objects
    rows.using(schema_editor.connection.alias).filter(placed_at=None).update(
        placed_at=F("created_at")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("saleor_tiktok_stripe", "0004_console"),
    ]

    operations = [
        migrations.RunPython(fill_in, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="orderlink",
            name="placed_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
